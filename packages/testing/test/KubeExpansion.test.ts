import { assert, it } from "@effect/vitest"
import { expand } from "@nominal-code/testing/KubeExpansion"

const variables = new Map([["VAR_A", "A"], ["VAR_B", "B"], ["VAR_C", "C"], ["VAR_REF", "$(VAR_A)"], ["VAR_EMPTY", ""]])

/** From Kubernetes' own expand_test.go, and what it says of bytes beyond ASCII. */
it.each([
  ["$(VAR_A)", "A"],
  ["___$(VAR_B)___", "___B___"],
  ["$(VAR_A)-1", "A-1"],
  ["$(VAR_A)_$(VAR_B)_$(VAR_C)", "A_B_C"],
  ["$$(VAR_B)_$(VAR_A)", "$(VAR_B)_A"],
  ["$$(VAR_A)_$$(VAR_B)", "$(VAR_A)_$(VAR_B)"],
  ["f000-$$VAR_A", "f000-$VAR_A"],
  ["foo\\$(VAR_C)bar", "foo\\Cbar"],
  ["foo\\\\$(VAR_C)bar", "foo\\\\Cbar"],
  ["foo$(VAR_EMPTY)bar", "foobar"],
  ["foo$(VAR_Awhoops!", "foo$(VAR_Awhoops!"],
  ["f00__(VAR_A)__", "f00__(VAR_A)__"],
  ["$?_boo_$!", "$?_boo_$!"],
  ["$VAR_A", "$VAR_A"],
  ["$(VAR_DNE)", "$(VAR_DNE)"],
  ["$$$$$$(BIG_MONEY)", "$$$(BIG_MONEY)"],
  ["$$$$$$(VAR_A)", "$$$(VAR_A)"],
  ["$$$$$$$(GOOD_ODDS)", "$$$$(GOOD_ODDS)"],
  ["$$$$$$$(VAR_A)", "$$$A"],
  ["$VAR_A)", "$VAR_A)"],
  ["${VAR_A}", "${VAR_A}"],
  ["$(VAR_B)_______$(A", "B_______$(A"],
  ["$(VAR_C)_______$(", "C_______$("],
  ["$(VAR_A)foobarzab$", "Afoobarzab$"],
  ["foo-\\$(VAR_A", "foo-\\$(VAR_A"],
  ["--$($($($($--", "--$($($($($--"],
  ["$($($($($--foo$(", "$($($($($--foo$("],
  ["foo0--$($($($(", "foo0--$($($($("],
  ["$(foo$$var)", "$(foo$$var)"],
  ["$(VAR_REF)", "$(VAR_A)"],
  ["$é", "$Ã\uFFFD"]
])("%s becomes %s", (text, expected) => {
  assert.strictEqual(expand(text, variables), expected)
})
