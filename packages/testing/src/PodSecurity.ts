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

const who = ({ name }: V1Container): string => `container "${name}"`

const seccomp = /^(?:RuntimeDefault|Localhost)$/

const containerRules: ReadonlyArray<Rule> = [
  (_pod, container) =>
    container.securityContext?.privileged === true
      ? `privileged (${who(container)} must not set securityContext.privileged=true)`
      : undefined,
  (_pod, container) =>
    container.securityContext?.allowPrivilegeEscalation === false
      ? undefined
      : `allowPrivilegeEscalation != false (${who(container)} must set securityContext.allowPrivilegeEscalation=false)`,
  (_pod, container) =>
    container.securityContext?.capabilities?.drop?.includes("ALL") === true
      ? undefined
      : `unrestricted capabilities (${who(container)} must set securityContext.capabilities.drop=["ALL"])`,
  (_pod, container) =>
    (container.securityContext?.capabilities?.add ?? []).some((one) => one !== "NET_BIND_SERVICE")
      ? `unrestricted capabilities (${who(container)} must not include others in securityContext.capabilities.add)`
      : undefined,
  (pod, container) =>
    (container.securityContext?.runAsNonRoot ?? pod.securityContext?.runAsNonRoot) === true
      ? undefined
      : `runAsNonRoot != true (pod or ${who(container)} must set securityContext.runAsNonRoot=true)`,
  (pod, container) =>
    (container.securityContext?.runAsUser ?? pod.securityContext?.runAsUser) === 0
      ? `runAsUser=0 (pod or ${who(container)} must not set runAsUser=0)`
      : undefined,
  (pod, container) =>
    seccomp.test(container.securityContext?.seccompProfile?.type ?? pod.securityContext?.seccompProfile?.type ?? "")
      ? undefined
      : `seccompProfile (pod or ${who(container)} must set securityContext.seccompProfile.type to ` +
        "\"RuntimeDefault\" or \"Localhost\")",
  (_pod, container) =>
    /^(?:Default|)$/.test(container.securityContext?.procMount ?? "")
      ? undefined
      : `procMount (${who(container)} must not set securityContext.procMount)`,
  (_pod, container) =>
    (container.ports ?? []).some(({ hostPort }) => (hostPort ?? 0) > 0)
      ? `hostPort (${who(container)} uses a hostPort)`
      : undefined
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

/** Violations of the profile by a pod; empty where it is allowed. */
export const violations = (pod: V1PodSpec): ReadonlyArray<string> => {
  const containers = [...pod.containers, ...(pod.initContainers ?? []), ...(pod.ephemeralContainers ?? [])]
  return [
    ...podRules.map((rule) => rule(pod)),
    ...containers.flatMap((container) => containerRules.map((rule) => rule(pod, container)))
  ].filter((broken) => broken !== undefined)
}
