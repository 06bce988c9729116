import * as MemoryQueue from "@nominal-code/jobs/MemoryQueue"
import { queueSuite } from "./queueSuite.ts"

queueSuite("memory", MemoryQueue.layer)
