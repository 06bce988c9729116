import { type Condition, type KubeJobObject, type KubePodObject, timestamp } from "./KubeStore.ts"

/** A condition that has just come to hold, or not to. */
export const condition = (
  type: string,
  reason?: string,
  message?: string,
  status: "True" | "False" = "True"
): Condition => ({
  type,
  status,
  ...(reason === undefined ? {} : { reason }),
  ...(message === undefined ? {} : { message }),
  lastTransitionTime: timestamp()
})

/** Conditions with others in the place of those of the same type. */
export const withConditions = (
  known: ReadonlyArray<Condition> | undefined,
  ...changed: ReadonlyArray<Condition>
): ReadonlyArray<Condition> => [
  ...(known ?? []).filter(({ type }) => !changed.some((one) => one.type === type)),
  ...changed
]

/** True if a condition of this type holds. */
export const holds = ({ status }: KubeJobObject | KubePodObject, type: string): boolean =>
  (status.conditions ?? []).some((one) => one.type === type && one.status === "True")

/** True if a Job has ended, and will not change any more. */
export const isFinished = (job: KubeJobObject): boolean => holds(job, "Complete") || holds(job, "Failed")

/** True if all of a pod's containers have ended. */
export const hasEnded = ({ status: { phase } }: KubePodObject): boolean => phase === "Succeeded" || phase === "Failed"
