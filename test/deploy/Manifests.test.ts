import { assert, describe, it } from "@effect/vitest"
import type {
  V1ConfigMap,
  V1Deployment,
  V1Namespace,
  V1PodDisruptionBudget,
  V1Role,
  V1Service,
  V1StatefulSet
} from "@kubernetes/client-node"
import { maxBodySize } from "@nominal-code/server/DeliveryBodies"
import { ByteSize } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { parse } from "yaml"
import { problems, type Resource } from "./KubernetesSchema.ts"
import { containerOf, copyOfDeploy, find, hasKubectl, overlay, render, resourcesOf, root } from "./Rendering.ts"

const names = (resources: ReadonlyArray<Resource>) =>
  resources.map(({ kind, metadata: { name } }) => `${kind}/${name}`).sort()

const base = [
  "ConfigMap/nominal-code-config",
  "ConfigMap/redis-config",
  "Deployment/nominal-code-server",
  "LimitRange/nominal-code",
  "Namespace/nominal-code",
  "NetworkPolicy/nominal-code-job",
  "NetworkPolicy/nominal-code-server",
  "NetworkPolicy/redis",
  "PodDisruptionBudget/nominal-code-server",
  "ResourceQuota/nominal-code",
  "Role/nominal-code-server",
  "RoleBinding/nominal-code-server",
  "Service/nominal-code-server",
  "Service/redis",
  "ServiceAccount/nominal-code-server",
  "StatefulSet/redis"
]

/** The overlay of somebody who wrote it for the first version of these manifests. */
const older = `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: nominal-code
resources:
- ../k8s/base
patchesStrategicMerge:
- deployment-patch.yaml
configMapGenerator:
- name: nominal-code-config
  namespace: nominal-code
  behavior: replace
  files:
  - config.yaml
  options:
    disableNameSuffixHash: true
`

describe("the schema check", () => {
  it("sees a missing field, a wrong type and a field that does not exist", () => {
    const wrong = resourcesOf(`{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {
      replicas: many, selector: {}, template: {spec: {containers: [{image: b, livenesProbe: {}}]}}}}`)
    const found = wrong.flatMap(problems).join("\n")
    assert.match(found, /replicas/)
    assert.match(found, /containers\/0.* name|name/)
    assert.include(found, "Deployment/a: spec.template.spec.containers[0].livenesProbe is no field")
  })
})

describe.skipIf(!hasKubectl)("the rendered manifests (kubectl)", () => {
  it.each([
    ["k8s/base", base],
    ["k8s", [...base, "Secret/nominal-code-secrets", "Secret/nominal-code-server-secrets"].sort()],
    ["ci", base],
    ["production", [...base, "Ingress/nominal-code"].sort()]
  ])("deploy/%s renders everything, in one namespace, and Kubernetes' schemas accept it", (directory, expected) => {
    const resources = render(`${copyOfDeploy()}/${directory}`)
    assert.deepStrictEqual(names(resources), expected)
    assert.deepStrictEqual(resources.flatMap(problems), [])
    for (const { kind, metadata } of resources) {
      assert.strictEqual(metadata.namespace, kind === "Namespace" ? undefined : "nominal-code", kind)
    }
  })

  it("a production overlay in the older form renders to the same as ours, but for the Ingress", () => {
    const deploy = copyOfDeploy()
    const ours = render(`${deploy}/production`)
    writeFileSync(`${deploy}/production/kustomization.yaml`, older)
    assert.deepStrictEqual(render(`${deploy}/production`), ours.filter(({ kind }) => kind !== "Ingress"))
  })

  it("an overlay's image and configuration are what the server gets", () => {
    const resources = overlay("production")
    const server = find<V1Deployment>(resources, "Deployment", "nominal-code-server")
    const { data } = find<V1ConfigMap>(resources, "ConfigMap", "nominal-code-config")
    const { image = "" } = containerOf(server.spec?.template)
    assert.match(image, /^your-registry\.com\/nominal-code:\d+\.\d+\.\d+$/)
    assert.include(data?.["config.yaml"], `image: "${image}"`)
  })

  it("the server reads its configuration where the ConfigMap is mounted, and its secrets from the Secret", () => {
    const resources = overlay("k8s/base")
    const pod = find<V1Deployment>(resources, "Deployment", "nominal-code-server").spec?.template
    const { args, env, envFrom, volumeMounts } = containerOf(pod)
    assert.deepStrictEqual(args, ["serve"])
    assert.deepInclude(env ?? [], { name: "CONFIG_PATH", value: "/etc/nominal-code/config.yaml" })
    assert.deepStrictEqual(envFrom, [
      { secretRef: { name: "nominal-code-secrets" } },
      { secretRef: { name: "nominal-code-server-secrets", optional: true } }
    ])
    assert.deepInclude(volumeMounts ?? [], { name: "config", mountPath: "/etc/nominal-code", readOnly: true })
    assert.deepInclude(pod?.spec?.volumes ?? [], { name: "config", configMap: { name: "nominal-code-config" } })
  })

  it("two servers stand behind one Service, and neither a rollout nor a drained node takes both", () => {
    const resources = overlay("k8s/base")
    const { spec } = find<V1Deployment>(resources, "Deployment", "nominal-code-server")
    const service = find<V1Service>(resources, "Service", "nominal-code-server").spec
    const budget = find<V1PodDisruptionBudget>(resources, "PodDisruptionBudget", "nominal-code-server").spec
    const labels = spec?.template.metadata?.labels
    assert.strictEqual(spec?.replicas, 2)
    assert.deepStrictEqual(spec?.strategy?.rollingUpdate, { maxUnavailable: 0, maxSurge: 1 })
    assert.strictEqual(budget?.minAvailable, 1)
    assert.deepStrictEqual(spec?.selector.matchLabels, labels)
    assert.deepStrictEqual(budget?.selector?.matchLabels, labels)
    assert.deepStrictEqual(service?.selector, labels)
    assert.deepInclude(service?.ports?.[0], { port: 80, targetPort: "http" })
  })

  it("a server is asked whether it lives every 30 seconds, and whether it can store every 10", () => {
    const { spec } = find<V1Deployment>(overlay("k8s/base"), "Deployment", "nominal-code-server")
    const { livenessProbe, ports, readinessProbe } = containerOf(spec?.template)
    assert.deepInclude(livenessProbe, { httpGet: { path: "/health", port: "http" }, periodSeconds: 30 })
    assert.deepInclude(readinessProbe, { httpGet: { path: "/ready", port: "http" }, periodSeconds: 10 })
    assert.deepInclude(ports?.[0], { name: "http", containerPort: 8080 })
  })

  it("a server that is asked to stop has the time to: traffic ends first, then what runs, then the process", () => {
    const { spec } = find<V1Deployment>(overlay("k8s/base"), "Deployment", "nominal-code-server")
    const container = containerOf(spec?.template)
    const pause = Number(container.lifecycle?.preStop?.exec?.command?.[1])
    const [listener, gracePeriod] = [5, 30]
    assert.isAtLeast(pause, 5)
    assert.isAbove(spec?.template.spec?.terminationGracePeriodSeconds ?? 0, pause + listener + gracePeriod)
  })

  it("the Role lets the server manage Jobs and read why pods do not start, in its own namespace only", () => {
    const resources = overlay("k8s/base")
    const { rules } = find<V1Role>(resources, "Role", "nominal-code-server")
    assert.deepStrictEqual(rules, [
      { apiGroups: ["batch"], resources: ["jobs"], verbs: ["create", "get", "list", "watch", "delete"] },
      { apiGroups: [""], resources: ["pods"], verbs: ["list", "watch"] },
      { apiGroups: [""], resources: ["events"], verbs: ["list"] },
      { apiGroups: [""], resources: ["resourcequotas"], verbs: ["list"] }
    ])
    assert.isFalse(resources.some(({ kind }) => kind.startsWith("Cluster")))
  })

  it("the namespace takes only pods of the restricted profile", () => {
    const { metadata } = find<V1Namespace>(overlay("k8s/base"), "Namespace", "nominal-code")
    assert.strictEqual(metadata?.labels?.["pod-security.kubernetes.io/enforce"], "restricted")
  })

  it("Redis keeps its data on a volume of its own, under the name that REDIS_URL has", () => {
    const resources = overlay("k8s/base")
    const { spec } = find<V1StatefulSet>(resources, "StatefulSet", "redis")
    const service = find<V1Service>(resources, "Service", "redis").spec
    assert.strictEqual(spec?.replicas, 1)
    assert.deepStrictEqual(spec?.volumeClaimTemplates?.map(({ metadata }) => metadata?.name), ["data"])
    assert.deepInclude(containerOf(spec?.template).volumeMounts ?? [], { name: "data", mountPath: "/data" })
    assert.deepStrictEqual(service?.selector, spec?.template.metadata?.labels)
    assert.strictEqual(service?.ports?.[0]?.port, 6379)
    assert.match(
      readFileSync(`${root}/deploy/k8s/secret.yaml.template`, "utf8"),
      /REDIS_URL: "redis:\/\/:([^@]+)@redis\.nominal-code\.svc\.cluster\.local:6379\/0"/
    )
  })

  it("the overlay for test clusters lets test-user ask nominal-bot", () => {
    const { spec } = find<V1Deployment>(overlay("ci"), "Deployment", "nominal-code-server")
    const { env } = containerOf(spec?.template)
    assert.deepInclude(env ?? [], { name: "ALLOWED_USERS", value: "test-user" })
    assert.deepInclude(env ?? [], { name: "REVIEWER_BOT_USERNAME", value: "nominal-bot" })
    assert.deepInclude(env ?? [], { name: "CONFIG_PATH", value: "/etc/nominal-code/config.yaml" })
  })

  it("the Ingress lets through deliveries of every size that the server takes", () => {
    const ingress = parse(readFileSync(`${root}/deploy/production/ingress.yaml`, "utf8"))
    const size: string = ingress.metadata.annotations["nginx.ingress.kubernetes.io/proxy-body-size"]
    assert.match(size, /^\d+m$/)
    assert.isAtLeast(parseInt(size) * 1024 * 1024, ByteSize.toNumberUnsafe(maxBodySize))
  })
})
