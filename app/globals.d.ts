/** SHA-256 of this build's index.html, written into the service worker by build.py. The page pins all the rest. */
declare const BUILD_ID: string;
/** SHA-256 of this build's manifest.json, in the same way. */
declare const MANIFEST_SHA256: string;

/** Trusted Types, where the browser has them. What they make is no string, but goes where such a string does. */
declare var trustedTypes:
  | {
      createPolicy(
        name: string,
        rules: { createScriptURL(url: string): string },
      ): { createScriptURL(url: string): string };
    }
  | undefined;

/** The pictures that an installed app was opened with, where the browser has installed apps. */
declare var launchQueue:
  | { setConsumer(consumer: (launch: { files: readonly { getFile(): Promise<File> }[] }) => void): void }
  | undefined;

/** What the extension uses of its browser's API. */
declare var chrome: {
  runtime: { getURL(path: string): string; onInstalled: { addListener(listener: () => void): void } };
  i18n: { getMessage(name: string): string };
  tabs: { create(tab: { url: string; index?: number; openerTabId?: number }): void };
  contextMenus: {
    removeAll(): Promise<void>;
    create(entry: { id: string; title: string; contexts: string[] }): void;
    onClicked: {
      addListener(listener: (info: { srcUrl?: string }, tab?: { id: number; index: number }) => void): void;
    };
  };
  permissions: {
    request(permissions: { origins: string[] }): Promise<boolean>;
    remove(permissions: { origins: string[] }): Promise<boolean>;
  };
};
