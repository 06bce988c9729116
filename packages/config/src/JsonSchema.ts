import { fileVariables, type Setting } from "@nominal-code/domain/settings/Setting"
import { Array } from "effect"
import { ownSettings } from "./Settings.ts"

type Entry = readonly [keys: ReadonlyArray<string>, schema: object]

const leaf = (setting: Setting<unknown>, path: string): object => {
  const { doc, env: [variable], kind, written, yaml: [canonical] } = setting
  return {
    ...kind.shape(),
    description: `${path === canonical ? doc : `Short for ${canonical}.`} Environment: ${
      [variable, ...fileVariables(setting)].join(" or ")
    }.`,
    ...(written !== undefined && path === canonical ? { default: written } : {})
  }
}

const section = (entries: ReadonlyArray<Entry>): object => ({
  type: "object",
  additionalProperties: false,
  properties: Object.fromEntries(
    Object.entries(Array.groupBy(entries, ([[key = ""]]) => key)).map(([key, inside]) => {
      const [[keys, schema]] = inside
      return [key, keys.length === 1 ? schema : section(inside.map(([keys, schema]) => [keys.slice(1), schema]))]
    })
  )
})

/** JSON Schema of the YAML file, for the checks and completions of an editor. */
export const configSchema = (): object => ({
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Nominal Code",
  description: "config.yaml of nominal-code. Every value may also come from the environment, which wins.",
  ...section(
    ownSettings.flatMap((setting) => setting.yaml.map((path): Entry => [path.split("."), leaf(setting, path)]))
  )
})
