# For workerd without wrangler: `run` starts it, and gives it another address.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    # Which servers of the network the app may reach is said in main.js (allowNet).
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [ (name = "http", address = "*:3000", http = (), service = "main") ],
);

const main :Workerd.Worker = (
  modules = [
    (name = "main.js", esModule = embed "main.js"),
    (name = "app.wasm", wasm = embed "app.wasm"),
    (name = "{{module}}", esModule = embed "{{module}}"), #* modules
  ],
  # Without the flag, nothing says that a client left. It is on from 2026-11-17.
  compatibilityFlags = ["enable_request_signal"],
  compatibilityDate = "2026-04-01",
  durableObjectNamespaces = [ (className = "MocketSockets", uniqueKey = "mocket-sockets") ], #? sockets
  durableObjectStorage = (inMemory = void), #? sockets
  bindings = [ (name = "MOCKET", durableObjectNamespace = "MocketSockets") ], #? sockets
);
