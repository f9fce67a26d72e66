// Starts ReplayWeb.page's service worker, tells it where the archive is, and opens the captured page through it.

const FOLDER = "/replayweb/replay/";

async function start({ prefix, page }) {
  const registration = await navigator.serviceWorker.register(`${FOLDER}sw.js`, { scope: FOLDER });
  const worker = registration.active ?? registration.waiting ?? registration.installing;
  if (worker.state !== "activated") {
    await new Promise((resolve) => {
      worker.addEventListener("statechange", () => worker.state === "activated" && resolve());
    });
  }
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (data.msg_type === "collAdded" && data.name === "archive") {
      document.querySelector("iframe").src = `${FOLDER}w/archive/${page}`;
    }
  });
  navigator.serviceWorker.startMessages();
  worker.postMessage({
    msg_type: "addColl",
    name: "archive",
    skipExisting: true,
    file: { sourceUrl: `proxy:${prefix}` },
    extraConfig: { type: "live", isLive: false, prefix, archivePrefix: "raw/", archiveMod: "id_" },
  });
}

start(document.querySelector("iframe").dataset).catch((error) => {
  document.querySelector("p").hidden = false;
  document.querySelector("p").append(` ${error.message}`);
});
