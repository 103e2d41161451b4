using Workerd = import "/workerd/workerd.capnp";
const unitTests :Workerd.Config = ( services = [ ( name = "main", worker = ( modules = [ ( name = "worker", esModule = embed "t.js" ) ], compatibilityDate = "2024-01-01" ) ) ] );
