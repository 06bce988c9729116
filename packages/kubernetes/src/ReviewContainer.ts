import type { KubernetesSettings, ResourceSettings } from "@nominal-code/config/KubernetesSettings"
import { Option } from "effect"
import * as Authorities from "./Authorities.ts"
import type { ContainerManifest, PodManifest } from "./KubeJobManifest.ts"
import { type EnvironmentSettings, podEnvironment } from "./PodEnvironment.ts"
import * as Quantity from "./Quantity.ts"

/** Writable volumes of a pod and their sizes. Everything else is read-only. */
const disks = [
  { name: "workspace", mountPath: "/workspace", sizeLimit: "12Gi" },
  { name: "tmp", mountPath: "/tmp", sizeLimit: "1Gi" },
  { name: "home", mountPath: "/home/nominal", sizeLimit: "256Mi" }
]

export const volumes: PodManifest["volumes"] = disks.map(({ name, sizeLimit }) => ({ name, emptyDir: { sizeLimit } }))
export const volumeMounts: ContainerManifest["volumeMounts"] = disks.map(({ mountPath, name }) => ({ name, mountPath }))

const usual = { requests: { cpu: "250m", memory: "512Mi" }, limits: { cpu: "2", memory: "2Gi" } }

/**
 * Requests and limits of the container. If only one of the two is set, the other's default is adapted: a request above
 * its limit would be refused.
 */
const amounts = (
  kind: "cpu" | "memory",
  requests: ResourceSettings,
  limits: ResourceSettings
): readonly [request: string, limit: string] => {
  const request = Option.getOrElse(requests[kind], () => usual.requests[kind])
  const limit = Option.getOrElse(limits[kind], () => Quantity.larger(usual.limits[kind], request))
  return [Option.isSome(requests[kind]) ? request : Quantity.smaller(request, limit), limit]
}

/** CPU and memory of a container that works on a repository. */
export const resources = ({ limits, requests }: KubernetesSettings): ContainerManifest["resources"] => {
  const [cpu, cpuLimit] = amounts("cpu", requests, limits)
  const [memory, memoryLimit] = amounts("memory", requests, limits)
  return { requests: { cpu, memory }, limits: { cpu: cpuLimit, memory: memoryLimit } }
}

/** Fields of every container of ours. */
export const common = (
  { image, imagePullPolicy }: KubernetesSettings
): Pick<ContainerManifest, "image" | "imagePullPolicy" | "terminationMessagePolicy" | "securityContext"> => ({
  image,
  ...(Option.isSome(imagePullPolicy) ? { imagePullPolicy: imagePullPolicy.value } : {}),
  // What a pod says that fails before it can leave a result, its configuration for instance.
  terminationMessagePolicy: "FallbackToLogsOnError",
  securityContext: {
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    runAsUser: 1000,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    seccompProfile: { type: "RuntimeDefault" }
  }
})

/** The container that does all of a review. */
export const make = (settings: EnvironmentSettings, payload: string): ContainerManifest =>
  Authorities.withAuthorities(settings.kubernetes, {
    name: "review",
    ...common(settings.kubernetes),
    // Not the command: the image's init stays the first process, and collects what git leaves behind.
    args: ["run-job"],
    env: podEnvironment(settings, payload),
    resources: resources(settings.kubernetes),
    volumeMounts
  })
