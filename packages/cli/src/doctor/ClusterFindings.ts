import { readVariable } from "@nominal-code/config/Environment"
import type { KubernetesSettings } from "@nominal-code/config/KubernetesSettings"
import * as KubeSetup from "@nominal-code/kubernetes/KubeSetup"
import { amountOf } from "@nominal-code/kubernetes/Quantity"
import { Effect, Option } from "effect"
import { asked, note, ok, problem, type SetupFinding, warning } from "./Finding.ts"
import { imageFindings } from "./ImageFindings.ts"

const area = "cluster"

/** Share of a quota above which the next reviews may have to wait. */
const nearly = 0.9

const signingFinding = (key: Option.Option<unknown>): SetupFinding =>
  Option.isSome(key)
    ? ok(area, "the servers sign their jobs, and refuse others")
    : note(
      area,
      "jobs.signing_key (JOBS_SIGNING_KEY) is not set: a job that a pod puts into Redis would be run, if its user may write there"
    )

/** Findings about the authorities of this process, whose file the pods do not have by themselves. */
const authorityFindings = ({ caConfigMap }: KubernetesSettings) =>
  Effect.map(
    Effect.orElseSucceed(readVariable("NODE_EXTRA_CA_CERTS"), () => Option.none<string>()),
    (file): ReadonlyArray<SetupFinding> =>
      Option.isNone(caConfigMap) && Option.exists(file, (path) => path !== "")
        ? [
          warning(
            area,
            "the Jobs do not get the file of NODE_EXTRA_CA_CERTS: put it into a ConfigMap, and name that in " +
              "kubernetes.ca_config_map (K8S_CA_CONFIG_MAP), unless the image has it"
          )
        ]
        : []
  )

const rightFindings = (namespace: string, rights: ReadonlyArray<KubeSetup.Right>): ReadonlyArray<SetupFinding> => {
  const names = (required: boolean) =>
    rights.filter((right) => !right.allowed && right.required === required).map(({ name }) => name).join(", ")
  const [missing, optional] = [names(true), names(false)]
  return [
    missing === ""
      ? ok(area, `the server's account may do in ${namespace} what reviews need`)
      : problem(
        area,
        `the server's account may not ${missing} in ${namespace}: bind the Role of deploy/k8s/base/rbac.yaml`
      ),
    ...(optional === ""
      ? []
      : [
        note(
          area,
          `the server's account may not ${optional} in ${namespace}: failures of pods are explained in less detail`
        )
      ])
  ]
}

const quotaFinding = ({ hard, quota, resource, used }: KubeSetup.QuotaUse): ReadonlyArray<SetupFinding> =>
  // A limit of nothing forbids a kind of object, and is no shortage.
  amountOf(hard) > 0 && amountOf(used) >= amountOf(hard) * nearly
    ? [warning(area, `the quota ${quota} has ${used} of ${hard} ${resource} in use: more reviews may have to wait`)]
    : []

/** Findings about a namespace, by the rights of the server's account there, and its quotas if they may be seen. */
export const namespaceFindings = (
  namespace: string,
  rights: ReadonlyArray<KubeSetup.Right>,
  quotas: Option.Option<ReadonlyArray<KubeSetup.QuotaUse>>
): ReadonlyArray<SetupFinding> => {
  const limits = Option.map(quotas, (all) => all.flatMap(quotaFinding))
  const room = ok(area, `the quotas of ${namespace} have room`)
  return [
    ...rightFindings(namespace, rights),
    ...Option.match(limits, { onNone: () => [], onSome: (found) => found.length === 0 ? [room] : found })
  ]
}

const examined = Effect.fnUntraced(function*({ namespace }: KubernetesSettings) {
  const cluster = yield* KubeSetup.make({ namespace })
  const rights = yield* cluster.rights
  const maySeeQuotas = rights.some(({ allowed, name }) => allowed && name === "list resourcequotas")
  return namespaceFindings(
    namespace,
    rights,
    maySeeQuotas ? Option.some(yield* cluster.quotas) : Option.none()
  )
})

/** Settings of the reviews that run as Kubernetes Jobs. */
export interface ClusterSettings {
  readonly jobs: { readonly signingKey: Option.Option<unknown> }
  readonly kubernetes: Option.Option<KubernetesSettings>
}

/** The rights of the server's account, the quotas and the image, where reviews run as Kubernetes Jobs. */
export const clusterFindings = ({ jobs: { signingKey }, kubernetes }: ClusterSettings) =>
  Option.match(kubernetes, {
    onNone: () => Effect.succeed<ReadonlyArray<SetupFinding>>([]),
    onSome: (settings) =>
      Effect.all([
        imageFindings(settings.image),
        authorityFindings(settings),
        asked(area, "the cluster", examined(settings), {
          remedy: "see if the API server of this pod, or of KUBECONFIG, can be reached"
        })
      ], { concurrency: 3 }).pipe(
        Effect.map(([image, authorities, cluster]) => [
          ...image,
          ...authorities,
          signingFinding(signingKey),
          ...cluster
        ])
      )
  })
