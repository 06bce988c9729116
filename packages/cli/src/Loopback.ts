import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { createServer } from "node:http"

/** HTTP listener on the loopback, at a free port. */
export const layer = NodeHttpServer.layerServer(createServer, { host: "127.0.0.1", port: 0 })
