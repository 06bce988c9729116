import { Effect } from "effect"
import { signersSuite } from "./signersSuite.ts"
import { queueAt, quickDirectory } from "./TestStore.ts"

signersSuite("SQLite", Effect.map(quickDirectory, queueAt))
