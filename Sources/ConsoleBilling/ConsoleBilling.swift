import ArgumentParser

@main
struct ConsoleBilling: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console-billing",
        abstract:
            "Receives Stripe's webhooks for Akash Console, never loses one, and shows the customer what "
            + "became of the money.",
        discussion: """
            Stripe posts events to the service, which stores them before it acknowledges them and derives the feed of \
            transactions from them. serve runs it; replay and trigger post events as Stripe would; the others ask the \
            running service, and find it by PUBLIC_URL, HOST and PORT, or by what serve --dev left in ./data.

            EXAMPLES
              console-billing serve --dev
              console-billing trigger purchase refund.partial
              console-billing stats
              console-billing --generate-completion-script bash > /etc/bash_completion.d/console-billing
            """,
        version: "0.1.0",
        subcommands: [
            ServeCommand.self, ReplayCommand.self, TriggerCommand.self, EventsCommand.self,
            StatsCommand.self, BackfillCommand.self, ReconcileCommand.self, JobsCommand.self,
            UsageCommand.self,
            CustomersCommand.self, ForecastCommand.self, ImportCommand.self, AlertsCommand.self,
            KeysCommand.self,
            SecretsCommand.self,
            BackupCommand.self,
            RestoreCommand.self, MigrateStoreCommand.self, ConfigCommand.self, DoctorCommand.self,
            HealthCommand.self, EraseCommand.self, ManualCommand.self,
        ]
    )

    static func main() async {
        StandardStreams.open()
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            if let misspelt = MisspeltCommand.find(in: arguments, of: self) {
                throw CommandFailure(Sysexits.usage, misspelt.message)
            }
            var command = try await asyncParseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let failure as CommandFailure {
            exit(withError: Sysexits.fail(failure.code, failure.message))
        } catch let error as ConfigurationError {
            exit(withError: Sysexits.fail(Sysexits.configuration, "\(error)"))
        } catch {
            exit(withError: error)
        }
    }
}
