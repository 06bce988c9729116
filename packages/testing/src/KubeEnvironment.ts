import type { V1Container, V1EnvVar } from "@kubernetes/client-node"
import { expand } from "./KubeExpansion.ts"

/** Secrets by name, with their entries. */
export type Secrets = ReadonlyMap<string, Readonly<Record<string, string>>>

/** A container as its node starts it: or why it cannot, in the node's words. */
export type PreparedContainer =
  | { readonly environment: ReadonlyMap<string, string>; readonly args: ReadonlyArray<string> }
  | { readonly obstacle: string }

const secretOf = (
  { name, valueFrom }: V1EnvVar,
  namespace: string,
  secrets: Secrets
): { readonly value: string | undefined } | { readonly obstacle: string } => {
  const from = valueFrom?.secretKeyRef
  if (from === undefined) return { obstacle: `variable ${name} has a source that is not emulated` }
  const secret = secrets.get(from.name ?? "")
  if (secret === undefined && from.optional !== true) return { obstacle: `secret "${from.name}" not found` }
  const value = secret?.[from.key]
  return value === undefined && from.optional !== true
    ? { obstacle: `couldn't find key ${from.key} in Secret ${namespace}/${from.name}` }
    : { value }
}

/**
 * Environment that a kubelet gives a container (`makeEnvironment`): the Secrets of `envFrom`, then its own variables in
 * order, each of which may refer to those before, and the arguments, which may refer to all.
 */
export const prepare = (container: V1Container, namespace: string, secrets: Secrets): PreparedContainer => {
  const environment = new Map<string, string>()
  for (const { secretRef } of container.envFrom ?? []) {
    const secret = secrets.get(secretRef?.name ?? "")
    if (secret === undefined && secretRef?.optional !== true) {
      return { obstacle: `secret "${secretRef?.name}" not found` }
    }
    for (const [name, value] of Object.entries(secret ?? {})) environment.set(name, value)
  }
  for (const variable of container.env ?? []) {
    const { name, value = "", valueFrom } = variable
    if (value !== "" || valueFrom === undefined) {
      environment.set(name, expand(value, environment))
      continue
    }
    const found = secretOf(variable, namespace, secrets)
    if ("obstacle" in found) return found
    if (found.value !== undefined) environment.set(name, found.value)
  }
  return {
    environment,
    args: [...container.command ?? [], ...container.args ?? []].map((text) => expand(text, environment))
  }
}
