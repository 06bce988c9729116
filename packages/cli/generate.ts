import { writeFileSync } from "node:fs"
import { runSchema } from "./src/RunSchema.ts"

// Run after a change of run-job's payload: a test compares the file with what is written here.
writeFileSync(new URL("run-job.schema.json", import.meta.url), `${JSON.stringify(runSchema(), null, 2)}\n`)
