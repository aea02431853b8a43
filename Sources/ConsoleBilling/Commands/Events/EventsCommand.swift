import ArgumentParser

/// `console-billing events`: reads the running service's event log and repairs entries.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Read the log of events, mend what could not be read, send one again.",
        discussion: """
            The log is the truth: the feed follows from it. These commands ask the running service, with a key of \
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
