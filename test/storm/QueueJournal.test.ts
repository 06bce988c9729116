import { assert, it } from "@effect/vitest"
import { changesIn, commandsIn, merged } from "./QueueJournal.ts"

const bytes = (text: string) => new TextEncoder().encode(text)
const command = (...words: ReadonlyArray<string>) =>
  `*${words.length}\r\n${words.map((word) => `$${bytes(word).length}\r\n${word}\r\n`).join("")}`

it("commands are read as they were written, whatever they hold", () => {
  const file = `#TS:1700000000\r\n${command("SET", "a", "1\r\n*2\r\n")}${command("HSET", "b", "é", "🎉")}`
  assert.deepStrictEqual([...commandsIn(bytes(file))], [["SET", "a", "1\r\n*2\r\n"], ["HSET", "b", "é", "🎉"]])
})

it("a command that a kill has cut off was never answered, and is left out", () => {
  const file = `${command("SET", "a", "1")}${command("SET", "b", "12345")}`
  for (let length = command("SET", "a", "1").length; length < file.length; length++) {
    assert.deepStrictEqual([...commandsIn(bytes(file).subarray(0, length))], [["SET", "a", "1"]])
  }
})

it("the states of a job are told in their order, a renewed lease is none of them, and a second end is", () => {
  const key = `{nc:0}:job:${"0".repeat(20)}`
  const saved = (state: string, epoch: number, ended = 0) =>
    `HSET ${key} lane github:acme/shop:7:bot state ${state} position 11 epoch ${epoch} ended ${ended}`.split(" ")
  const changes = changesIn([
    ["MULTI"],
    saved("waiting", 0),
    ["HSET", key, "delivery", "d", "payload", "{}"],
    saved("running", 12),
    saved("running", 12),
    saved("running", 13),
    saved("done", 13, 99),
    saved("done", 13, 99),
    ["SET", "{nc:0}:tick", "13"]
  ])
  const common = { job: "0".repeat(20), lane: "github:acme/shop:7:bot", position: 11 }
  assert.deepStrictEqual(changes, [
    { ...common, state: "waiting", epoch: 0, endedAt: 0 },
    { ...common, state: "running", epoch: 12, endedAt: 0 },
    { ...common, state: "running", epoch: 13, endedAt: 0 },
    { ...common, state: "done", epoch: 13, endedAt: 99 },
    { ...common, state: "done", epoch: 13, endedAt: 99 }
  ])
})

it("the journals of several nodes are one, whatever shards have moved between them, and whenever", () => {
  const write = (shard: number, value: number) => ["SET", `{nc:${shard}}:job:a`, String(value)]
  const comes = (
    shard: number
  ) => [["RESTORE-ASKING", `{nc:${shard}}:job:a`, "0", "…"], ["RESTORE-ASKING", `{nc:${shard}}:tick`]]
  const nodes = [
    [
      ["SET", "nc:shards", "2"],
      ...comes(0),
      write(0, 3),
      write(0, 4),
      ...comes(0),
      write(0, 7),
      ...comes(1),
      write(1, 3)
    ],
    [write(0, 1), write(1, 1), write(0, 2), ...comes(0), write(0, 6), write(1, 2)],
    [...comes(0), write(0, 5)]
  ]
  const journal = merged(nodes, [
    { shard: 0, from: 1, to: 0 },
    { shard: 0, from: 0, to: 2 },
    { shard: 0, from: 2, to: 1 },
    { shard: 1, from: 1, to: 0 },
    { shard: 0, from: 1, to: 0 }
  ])
  const values = (shard: number) =>
    journal.flatMap(([name, key, value]) => name === "SET" && key === `{nc:${shard}}:job:a` ? [value] : [])
  assert.deepStrictEqual(values(0), ["1", "2", "3", "4", "5", "6", "7"])
  assert.deepStrictEqual(values(1), ["1", "2", "3"])
})
