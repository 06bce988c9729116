import type { V1Container, V1PodSpec } from "@kubernetes/client-node"

/*
 * The "restricted" profile of Kubernetes' Pod Security Standards, as its admission controller words it: what a
 * namespace with `pod-security.kubernetes.io/enforce: restricted` takes.
 */

const volumeKinds = new Set([
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret"
])

type Rule = (pod: V1PodSpec, container: V1Container) => string | undefined

const containerRules: ReadonlyArray<Rule> = [
  (_pod, { securityContext }) => securityContext?.privileged === true ? "privileged" : undefined,
  (_pod, { securityContext }) =>
    securityContext?.allowPrivilegeEscalation === false ? undefined : "allowPrivilegeEscalation != false",
  (_pod, { securityContext }) =>
    securityContext?.capabilities?.drop?.includes("ALL") === true
      ? undefined
      : "unrestricted capabilities (must set securityContext.capabilities.drop=[\"ALL\"])",
  (_pod, { securityContext }) =>
    (securityContext?.capabilities?.add ?? []).some((one) => one !== "NET_BIND_SERVICE")
      ? "unrestricted capabilities (must not include others than NET_BIND_SERVICE)"
      : undefined,
  (pod, { securityContext }) =>
    (securityContext?.runAsNonRoot ?? pod.securityContext?.runAsNonRoot) === true ? undefined : "runAsNonRoot != true",
  (pod, { securityContext }) =>
    (securityContext?.runAsUser ?? pod.securityContext?.runAsUser) === 0 ? "runAsUser=0" : undefined,
  (pod, { securityContext }) =>
    /^(?:RuntimeDefault|Localhost)$/.test(
        securityContext?.seccompProfile?.type ?? pod.securityContext?.seccompProfile?.type ?? ""
      )
      ? undefined
      : "seccompProfile (must set type to \"RuntimeDefault\" or \"Localhost\")",
  (_pod, { securityContext }) => /^(?:Default|)$/.test(securityContext?.procMount ?? "") ? undefined : "procMount",
  (_pod, { ports }) => (ports ?? []).some(({ hostPort }) => (hostPort ?? 0) > 0) ? "hostPort" : undefined
]

const podRules: ReadonlyArray<(pod: V1PodSpec) => string | undefined> = [
  ({ hostIPC, hostNetwork, hostPID }) =>
    hostIPC === true || hostNetwork === true || hostPID === true ? "host namespaces" : undefined,
  ({ volumes }) => {
    const others = (volumes ?? []).filter((volume) =>
      Object.keys(volume).some((kind) => kind !== "name" && !volumeKinds.has(kind))
    )
    return others.length === 0 ? undefined : `restricted volume types (${others.map(({ name }) => name).join(", ")})`
  },
  ({ securityContext }) => (securityContext?.sysctls ?? []).length === 0 ? undefined : "forbidden sysctls",
  ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true ? "hostProcess" : undefined
]

/** What of a pod the profile forbids; nothing where it is allowed. */
export const violations = (pod: V1PodSpec): ReadonlyArray<string> => {
  const containers = [...pod.containers, ...(pod.initContainers ?? []), ...(pod.ephemeralContainers ?? [])]
  return [
    ...podRules.map((rule) => rule(pod)),
    ...containers.flatMap((container) =>
      containerRules.map((rule) => {
        const broken = rule(pod, container)
        return broken === undefined ? undefined : `${broken} (container "${container.name}")`
      })
    )
  ].filter((broken) => broken !== undefined)
}
