import * as Server from "./server.ts"
import { conforms } from "./suite.ts"
import * as Topology from "./topology.ts"

conforms("a cluster of three", Server.isMissing, Topology.cluster)
