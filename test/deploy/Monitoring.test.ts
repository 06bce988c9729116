import { assert, describe, it } from "@effect/vitest"
import type { V1Deployment, V1NetworkPolicy, V1Service } from "@kubernetes/client-node"
import { settings } from "@nominal-code/config/Settings"
import { appendFileSync } from "node:fs"
import { problems } from "./KubernetesSchema.ts"
import { containerOf, copyOfDeploy, find, hasKubectl, overlay, render } from "./Rendering.ts"

interface ServiceMonitor {
  readonly spec: {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> }
    readonly endpoints: ReadonlyArray<{ readonly port: string; readonly path: string }>
  }
}

const server = "nominal-code-server"

const withComponent = (): ReturnType<typeof render> => {
  const deploy = copyOfDeploy()
  appendFileSync(`${deploy}/production/kustomization.yaml`, "components: [\"../monitoring\"]\n")
  return render(`${deploy}/production`)
}

// Only kubectl renders an overlay. `make test` says by name what a machine without it skips.
describe.skipIf(!hasKubectl)("deploy/monitoring (kubectl)", () => {
  it("adds to an overlay what Prometheus needs to read the servers' metrics, and opens nothing else", () => {
    const resources = withComponent()
    const monitors = resources.filter(({ kind }) => kind === "ServiceMonitor")
    const others = resources.filter(({ kind }) => kind !== "ServiceMonitor")
    assert.deepStrictEqual(others.flatMap(problems), [])
    assert.strictEqual(others.length, overlay("production").length + 1)
    assert.strictEqual(monitors.length, 1)

    const { env, ports } = containerOf(find<V1Deployment>(resources, "Deployment", server).spec?.template)
    const [variable] = settings.metrics.port.env
    assert.deepInclude(env ?? [], { name: variable, value: "9464" })
    assert.deepInclude(ports ?? [], { name: "metrics", containerPort: 9464, protocol: "TCP" })

    const service = find<V1Service>(resources, "Service", server)
    const monitor = find<ServiceMonitor>(resources, "ServiceMonitor", server)
    assert.deepStrictEqual(service.spec?.ports?.map(({ name, port, targetPort }) => [name, port, targetPort]), [
      ["http", 80, "http"],
      ["metrics", 9464, "metrics"]
    ])
    assert.deepStrictEqual(monitor.spec.endpoints.map(({ path, port }) => [port, path]), [["metrics", "/metrics"]])
    assert.deepInclude(service.metadata?.labels, monitor.spec.selector.matchLabels)

    const policies = resources.filter(({ kind }) => kind === "NetworkPolicy").map(({ metadata }) => metadata.name)
    const opened = policies.filter((name) =>
      find<V1NetworkPolicy>(resources, "NetworkPolicy", name).spec?.ingress?.some(({ ports }) =>
        ports?.some(({ port }) => port === 9464)
      )
    )
    assert.deepStrictEqual(opened, ["nominal-code-metrics"])
    const { spec } = find<V1NetworkPolicy>(resources, "NetworkPolicy", "nominal-code-metrics")
    assert.deepStrictEqual(spec?.ingress?.map((rule) => Object.keys(rule).sort()), [["from", "ports"]])
  })
})
