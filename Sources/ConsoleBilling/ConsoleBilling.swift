import ArgumentParser

@main
struct ConsoleBilling: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console-billing",
        abstract:
            "Receives Stripe's webhooks for Akash Console, never loses one, and shows the customer what "
            + "became of the money.",
        version: "0.1.0",
        subcommands: [
            ServeCommand.self, ReplayCommand.self, TriggerCommand.self, EventsCommand.self,
            BackfillCommand.self, ReconcileCommand.self, UsageCommand.self, AlertsCommand.self,
            KeysCommand.self,
            BackupCommand.self, RestoreCommand.self, MigrateStoreCommand.self, DoctorCommand.self,
            HealthCommand.self,
        ]
    )
}
