// The service worker (templates/inbox/worker.js), where the browser has one and the page comes by TLS.
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/worker.js").catch(() => {})
