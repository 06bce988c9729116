import { argv, memoryUsage, stdout } from "node:process"
import * as EngineOptions from "../src/EngineOptions.ts"

// Keeps the last of what it makes for a while, as a server keeps deliveries, and tells the greatest heap, in MiB.

if (argv[2] === "bounded") EngineOptions.set()
const kept: Array<ReadonlyArray<number>> = []
let greatest = 0
for (let made = 0; made < 2_000_000; made += 1) {
  kept[made % 200_000] = [made, made, made, made, made, made, made, made]
  if (made % 10_000 === 0) greatest = Math.max(greatest, memoryUsage().heapUsed)
}
stdout.write(String(Math.round(greatest / (1 << 20))))
