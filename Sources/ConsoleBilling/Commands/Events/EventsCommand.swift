import ArgumentParser

/// `console-billing events`: reads the running service's event log and repairs entries.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Read the event log, retry quarantined events, send events again.",
        discussion: """
            The feed is derived from the log. These commands ask the running service, with a key of \
            scope ops.

            EXAMPLES
              console-billing events list --since 1h
              console-billing events quarantine
              console-billing events retry
            """,
        subcommands: [
            EventsListCommand.self, EventsShowCommand.self, EventsQuarantineCommand.self,
            EventsRetryCommand.self, EventsResendCommand.self, EventsReprojectCommand.self,
        ]
    )
}
