import { Option } from "effect"
import { Origin } from "./Origin.ts"
import { everySetting } from "./Settings.ts"
import type { Values } from "./Values.ts"

/** Origin as people who use the server may read it: without the places of its files. */
const publicName = (path: string) =>
  Origin.match({
    CommandLine: () => "the server's command line",
    Variable: ({ name }) => `the server's variable ${name}`,
    SecretFile: ({ variable }) => `the server's variable ${variable}`,
    File: () => `${path} of the server's file`,
    Default: () => "the default"
  })

/** Origins of the settings that have another value than their default, by their YAML paths, as people may read them. */
export const settingOrigins = (values: Values): Readonly<Record<string, string>> =>
  Object.fromEntries(everySetting.flatMap((setting) => {
    const [path] = setting.yaml
    const given = values.source(setting)
    return path === undefined || Option.isNone(given) ? [] : [[path, publicName(path)(given.value.from)]]
  }))
