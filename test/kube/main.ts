import { spawnSync } from "node:child_process"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { assets, missing } from "./ControlPlane.ts"

/* `make test-kube`: the journeys on a real control plane, where there is one. */
const root = fileURLToPath(new URL("../..", import.meta.url))
if (missing.length > 0) {
  console.log(
    `no real cluster is tried: ${
      assets === "" ? "KUBEBUILDER_ASSETS is not set" : `${assets} lacks ${missing.join(", ")}`
    } (docs/test-on-a-real-cluster.md)`
  )
} else {
  const args = ["run", "--config", "test/kube/vitest.config.ts", ...process.argv.slice(2)]
  process.exitCode = spawnSync("vitest", args, { cwd: root, stdio: "inherit" }).status ?? 1
}
