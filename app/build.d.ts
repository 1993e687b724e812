/** What build.py writes into the bundles. */

/** SHA-256 of this build's manifest.json. */
declare const BUILD_ID: string;
