import * as Server from "./server.ts"
import { conforms } from "./suite.ts"
import * as Topology from "./topology.ts"

conforms("a master behind a sentinel", Server.isMissing, Topology.sentinel)
