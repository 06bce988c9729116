import * as MemoryJobResults from "@nominal-code/jobs/memory/MemoryJobResults"
import { jobResultsSuite } from "./jobResultsSuite.ts"

jobResultsSuite("memory", MemoryJobResults.layer)
