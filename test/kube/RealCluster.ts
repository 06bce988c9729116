import * as RedisServer from "@nominal-code/testing/RedisServer"
import { Effect, Redacted, Schema } from "effect"
import { spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { parseAllDocuments } from "yaml"
import type { Resource } from "../deploy/KubernetesSchema.ts"
import * as Journey from "../journeys/Journey.ts"
import * as ControlPlane from "./ControlPlane.ts"
import { type KubeApi, makeApi } from "./KubeApi.ts"
import * as ProcessKubelet from "./ProcessKubelet.ts"

/** The namespace of `deploy/`. */
export const namespace = "nominal-code"

/** Our Jobs, as the API has them. */
export const jobsPath = `/apis/batch/v1/namespaces/${namespace}/jobs`

const podsPath = `/api/v1/namespaces/${namespace}/pods`

const secretName = "nominal-code-secrets"

/** The resources of one folder of `deploy/`, as `kubectl apply -k` would send them. */
export const rendered = (folder: string): ReadonlyArray<Resource> => {
  const { status, stderr, stdout } = spawnSync(`${ControlPlane.assets}/kubectl`, ["kustomize", folder], {
    encoding: "utf8"
  })
  if (status !== 0) throw new Error(`kubectl kustomize ${folder}: ${stderr}`)
  return parseAllDocuments(stdout).map((document): Resource => document.toJS())
}

const plurals: Readonly<Record<string, string>> = {
  Ingress: "ingresses",
  NetworkPolicy: "networkpolicies",
  ValidatingAdmissionPolicy: "validatingadmissionpolicies"
}

/** Path of a resource in the API. */
export const pathOf = ({ apiVersion, kind, metadata }: Resource): string => {
  const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const ofCluster = /^(?:Namespace$|ValidatingAdmission)/.test(kind)
  const within = ofCluster ? "" : `/namespaces/${metadata.namespace ?? namespace}`
  return `${group}${within}/${plurals[kind] ?? `${kind.toLowerCase()}s`}/${metadata.name}`
}

/** Applies a resource by the server's own rules: no field may be unknown to it. */
export const apply = (api: KubeApi, resource: Resource, dryRun = false) =>
  api.send(
    "PATCH",
    `${pathOf(resource)}?fieldManager=test&force=true&fieldValidation=Strict${dryRun ? "&dryRun=All" : ""}`,
    { body: resource, contentType: "application/apply-patch+yaml" }
  )

const Token = Schema.Struct({ status: Schema.Struct({ token: Schema.String }) })

const Conditions = Schema.optionalKey(Schema.Array(
  Schema.Struct({ type: Schema.String, status: Schema.String, reason: Schema.optionalKey(Schema.String) })
))

/** Jobs and pods, as far as the journeys look at them. */
const Objects = Schema.Struct({
  items: Schema.Array(Schema.Struct({
    metadata: Schema.Struct({
      name: Schema.String,
      labels: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
      deletionTimestamp: Schema.optionalKey(Schema.String)
    }),
    spec: Schema.Struct({ nodeName: Schema.optionalKey(Schema.String), suspend: Schema.optionalKey(Schema.Boolean) }),
    status: Schema.Struct({ phase: Schema.optionalKey(Schema.String), conditions: Conditions })
  }))
})
export type Objects = typeof Objects.Type["items"]

/**
 * A real control plane with the resources of `deploy/`, a node of processes, Redis, and a journey's world whose `serve`
 * is the ServiceAccount `nominal-code-server`: it has that account's rights, and no others.
 */
export const make = Effect.fn("RealCluster.make")(function*(bin: string) {
  const plane = yield* ControlPlane.make()
  const { api, ca, directory, port } = plane
  for (const resource of rendered("deploy/k8s/base")) {
    const { body, code } = yield* apply(api, resource)
    if (code >= 300) {
      return yield* Effect.die(new Error(`${resource.kind}/${resource.metadata.name}: ${JSON.stringify(body)}`))
    }
  }
  const account = `/api/v1/namespaces/${namespace}/serviceaccounts/nominal-code-server/token`
  const answer = yield* api.send("POST", account, {
    body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 7200 } }
  })
  const { status: { token } } = yield* Schema.decodeUnknownEffect(Token)(answer.body)
  writeFileSync(`${directory}/server.json`, ControlPlane.kubeconfigOf(port, ca, token, namespace))

  const redis = yield* RedisServer.start({ password: "a-password-that-nobody-may-see" })
  const url = Redacted.value(redis.url)
  const journey = yield* Journey.make({
    bin,
    env: {
      K8S_ENV_FROM_SECRETS: secretName,
      K8S_IMAGE: "registry.example/nominal-code:v1",
      K8S_NAMESPACE: namespace,
      KUBECONFIG: `${directory}/server.json`,
      REDIS_URL: url
    }
  })
  const keys = Object.entries<string>(journey.environment).filter(([name]) => name.endsWith("_API_KEY"))
  const created = yield* api.send("POST", `/api/v1/namespaces/${namespace}/secrets`, {
    body: {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: secretName },
      stringData: { ...Object.fromEntries(keys), GITHUB_TOKEN: journey.secrets.token, REDIS_URL: url }
    }
  })
  if (created.code !== 201) return yield* Effect.die(new Error(JSON.stringify(created.body)))
  const kubelet = yield* ProcessKubelet.make(api, namespace, bin)
  const listed = (path: string) =>
    Effect.flatMap(api.send("GET", path), ({ body }) => Schema.decodeUnknownEffect(Objects)(body)).pipe(
      Effect.map(({ items }) => items),
      Effect.orElseSucceed((): Objects => [])
    )
  return {
    api,
    journey,
    kubelet,
    redis,
    plane,
    /** The product's own access to the API. */
    server: makeApi({ port, ca, token }),
    /** The Jobs of one job of ours, or all. */
    jobs: (job = "") =>
      Effect.map(listed(jobsPath), (jobs) => jobs.filter(({ metadata }) => metadata.name.includes(job))),
    pods: (job = "") =>
      Effect.map(listed(podsPath), (pods) => pods.filter(({ metadata }) => metadata.name.includes(job)))
  }
})

/** A real cluster with its journey. */
export type RealCluster = Effect.Success<ReturnType<typeof make>>
