import type { V1PodTemplateSpec } from "@kubernetes/client-node"
import { violations } from "@nominal-code/testing/PodSecurity"
import { containerOf } from "./Rendering.ts"

/** Violations of Kubernetes' restricted profile by a pod, and of ours: a fixed user and root, and limits. */
export const weaknesses = (pod: V1PodTemplateSpec): ReadonlyArray<string> => {
  const { resources, securityContext } = containerOf(pod)
  const { runAsUser = 0 } = pod.spec?.securityContext ?? {}
  const checks: ReadonlyArray<readonly [holds: boolean, weakness: string]> = [
    [runAsUser > 0, "has no user of its own"],
    [securityContext?.readOnlyRootFilesystem === true, "may write to its image"],
    [resources?.limits?.["memory"] !== undefined, "has no memory limit"],
    [resources?.limits?.["cpu"] !== undefined, "has no CPU limit"],
    [resources?.requests?.["memory"] !== undefined, "asks for no memory"],
    [resources?.requests?.["cpu"] !== undefined, "asks for no CPU"],
    [
      pod.spec?.volumes?.every(({ configMap, emptyDir }) => configMap !== undefined || emptyDir?.sizeLimit) ?? true,
      "has a volume without a limit"
    ]
  ]
  return [
    ...(pod.spec === undefined ? ["has no specification"] : violations(pod.spec)),
    ...checks.flatMap(([holds, weakness]) => holds ? [] : [weakness])
  ]
}
