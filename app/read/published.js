/** Published manifests: files under an address, or in a folder of people's own. They show nothing. */

/** Most bytes of a file. */
const MOST_BYTES = 64 << 20;
const TOO_LARGE = "a file is too large";
const PATIENCE = 20_000;

/**
 * The address of published manifests, absolute and with a slash at its end.
 *
 * @param {string} typed absolute, or relative to the page's own address
 * @param {string} base the page's own address
 * @returns {URL | null} null where it is no address of the web
 */
export function addressOf(typed, base) {
  const text = typed.trim();
  const slash = text.endsWith("/") ? "" : "/";
  if (!text || !URL.canParse(text + slash, base)) return null;
  const url = new URL(text + slash, base);
  return /^https?:$/.test(url.protocol) ? url : null;
}

/**
 * Whether the page's Content-Security-Policy allows requests there.
 *
 * @param {URL} url
 * @param {string} policy
 * @param {string} own the page's own origin
 */
export function isPermitted({ origin }, policy, own) {
  const rule = policy.split(";").find((each) => each.trim().startsWith("connect-src "));
  return origin === own || (rule?.split(" ").includes(origin) ?? false);
}

/**
 * A function that gets files from below an address.
 *
 * @param {URL} base
 * @returns {(path: string) => Promise<Uint8Array<ArrayBuffer> | null>} rejects where the request fails, or the
 *   answer is neither a file nor that there is none
 */
export function fromWeb(base) {
  return async (path) => {
    const signal = AbortSignal.timeout(PATIENCE);
    const response = await fetch(new URL(path, base), { credentials: "omit", cache: "no-cache", signal });
    // Some hosts answer with a page instead of saying that there is no such file.
    const isPage = response.headers.get("Content-Type")?.startsWith("text/html");
    if ([404, 410].includes(response.status) || (response.ok && isPage)) return null;
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`.trim());
    return received(response);
  };
}

/**
 * A function that gets files from a folder.
 *
 * @param {Pick<File, "name" | "webkitRelativePath" | "size" | "arrayBuffer">[]} files all that are in it; where a
 *   browser cannot choose folders, those that were chosen, which have names and no paths
 * @returns {(path: string) => Promise<Uint8Array<ArrayBuffer> | null>} rejects where a file cannot be read
 */
export function fromFolder(files) {
  return async (path) => {
    const file = files.find(({ name, webkitRelativePath: place }) =>
      place ? `/${place}`.endsWith(`/${path}`) : path.endsWith(`/${name}`),
    );
    if (!file) return null;
    if (file.size > MOST_BYTES) throw new Error(TOO_LARGE);
    return new Uint8Array(await file.arrayBuffer());
  };
}

/**
 * The body of a response, given up as soon as it is too large: a host may send without end, or compressed.
 *
 * @param {Response} response
 */
async function received({ body }) {
  const parts = [];
  let size = 0;
  const reader = body?.getReader();
  for (let part = await reader?.read(); part?.value; part = await reader?.read()) {
    size += part.value.length;
    if (size > MOST_BYTES) {
      await reader?.cancel();
      throw new Error(TOO_LARGE);
    }
    parts.push(part.value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
