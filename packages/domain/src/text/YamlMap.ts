import { Predicate } from "effect"

/** A map of YAML. */
export type YamlMap = Readonly<Record<string, unknown>>

/** True if a YAML value is a map. */
export const isYamlMap = (value: unknown): value is YamlMap => Predicate.isObject(value) && !Array.isArray(value)
