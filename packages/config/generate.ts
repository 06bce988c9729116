import { writeFileSync } from "node:fs"
import { configSchema } from "./src/JsonSchema.ts"
import { referencePage } from "./src/Reference.ts"

// Run after a change of the settings: a test compares both files with what is written here.
writeFileSync(new URL("config.schema.json", import.meta.url), `${JSON.stringify(configSchema(), null, 2)}\n`)
writeFileSync(new URL("../../docs/configuration.md", import.meta.url), referencePage())
