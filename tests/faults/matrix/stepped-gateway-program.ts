/** The gateway of the kill tests, in a process whose clock can be stepped over its standard input. */
import "./stepping-clock.ts";
import "../kill/gateway-program.ts";
