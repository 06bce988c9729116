import { queueSuite } from "./queueSuite.ts"
import { freshQueue } from "./TestStore.ts"

queueSuite("SQLite", freshQueue)
