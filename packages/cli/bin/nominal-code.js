#!/usr/bin/env node
import * as EngineOptions from "../src/EngineOptions.ts"

EngineOptions.set()
await import("../src/main.ts")
