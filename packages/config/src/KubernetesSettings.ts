import type { ValuesOf } from "@nominal-code/domain/settings/Setting"
import type { Option } from "effect"
import type { kubernetes } from "./settings/Service.ts"

/** CPU and memory in Kubernetes' notation; absent fields are not set. */
export interface ResourceSettings {
  readonly cpu: Option.Option<string>
  readonly memory: Option.Option<string>
}

/** An entry of a Secret, and whether a pod cannot start without it. */
export interface SecretVariable {
  readonly name: string
  readonly required: boolean
}

/** Names of variables by the part of a review that needs them. `network`: every part that connects to something. */
export type VariablesByPart = Readonly<Record<"models" | "forges" | "network", ReadonlySet<string>>>

/** Settings of a review's Kubernetes Job. */
export interface KubernetesSettings
  extends Omit<ValuesOf<typeof kubernetes>, "image" | "requestsCpu" | "requestsMemory" | "limitsCpu" | "limitsMemory">
{
  readonly image: string
  /** The entries of the Secrets that a review may need, each by the name of its variable. */
  readonly secretVariables: ReadonlyArray<SecretVariable>
  readonly variablesByPart: VariablesByPart
  /** Further settings for the pod, by variable. They hold no secret, and no URL with one. */
  readonly environment: Readonly<Record<string, string>>
  readonly requests: ResourceSettings
  readonly limits: ResourceSettings
}
