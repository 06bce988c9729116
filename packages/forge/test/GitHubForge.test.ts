import { gitHubScene } from "./ForgeScene.ts"
import { forgeSuite } from "./ForgeSuite.ts"
import { ledgerSuite } from "./ledgerSuite.ts"

forgeSuite("GitHub", gitHubScene)
ledgerSuite("GitHub", gitHubScene)
