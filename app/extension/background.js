/** Puts the entry into the context menu of pictures, and opens a page that reads the one it was chosen for. */

import { addressOf } from "./address.js";

// After an update the entry exists already.
chrome.runtime.onInstalled.addListener(async () => {
  await chrome.contextMenus.removeAll();
  const title = chrome.i18n.getMessage("menu");
  chrome.contextMenus.create({ id: "read", title, contexts: ["image"] });
});

chrome.contextMenus.onClicked.addListener(({ srcUrl = "" }, tab) => {
  const url = chrome.runtime.getURL(addressOf(srcUrl));
  chrome.tabs.create({ url, index: tab ? tab.index + 1 : undefined, openerTabId: tab?.id });
});
