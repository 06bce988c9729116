import * as MemoryJobResults from "@nominal-code/jobs/MemoryJobResults"
import { jobResultsSuite } from "./jobResultsSuite.ts"

jobResultsSuite("memory", MemoryJobResults.layer)
