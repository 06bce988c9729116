import * as SpendMemory from "@nominal-code/persistence/SpendMemory"
import { spendDaysSuite, spendSuite } from "./spendSuite.ts"

spendSuite("memory", SpendMemory.layer)
spendDaysSuite("memory", SpendMemory.layer)
