/** SHA-256 of this build's manifest.json, written into the service worker by build.py. */
declare const BUILD_ID: string;

/** The pictures that an installed app was opened with, where the browser has installed apps. */
declare var launchQueue:
  | { setConsumer(consumer: (launch: { files: readonly { getFile(): Promise<File> }[] }) => void): void }
  | undefined;
