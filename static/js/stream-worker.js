// One stream for all tabs of a browser, which allows six connections to a server: a SharedWorker that passes it on.
// A browser without those, as on some phones, runs it as the worker of each page.
const ports = new Set();
const RETRY = 15_000;
let source = null, live = false;

const tell = (message) => ports.forEach((port) => port.postMessage(message));

function follow(url) {
  source = new EventSource(url);
  source.onopen = () => tell({ live: (live = true) });
  source.onerror = () => {
    tell({ live: (live = false) });
    // Refused, by a server that restarts or for want of a session: the browser gives up, so ask again later.
    if (source?.readyState === EventSource.CLOSED) setTimeout(() => ports.size && follow(url), RETRY);
  };
  source.addEventListener("stale", ({ data }) => tell(JSON.parse(data)));
}

function join(port) {
  port.onmessage = ({ data }) => {
    if (data.follow) ports.add(port);
    else ports.delete(port);
    if (!ports.size) {
      source?.close();
      source = null;
    } else if (!source) follow(data.follow);
    else port.postMessage({ live });
  };
}

self.onconnect = ({ ports: [port] }) => join(port);
if ("postMessage" in self) join(self);
