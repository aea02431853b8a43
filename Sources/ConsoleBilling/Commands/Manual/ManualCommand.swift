import ArgumentParser
import Billing

/// `console-billing manual`: prints the manual page, generated from the commands.
struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual",
        abstract: "Print the manual page.",
        discussion: """
            It is made of the commands' own help, so that it says what this very program does.

            EXAMPLES
              console-billing manual | man -l -
              console-billing manual > /usr/local/share/man/man1/console-billing.1
            """
    )

    enum Form: String, ExpressibleByArgument, CaseIterable { case mdoc, markdown }

    @Option(help: "mdoc is what man reads.")
    var form = Form.mdoc

    func run() throws {
        switch form {
        case .mdoc:
            let version = ConsoleBilling.configuration.version
            Terminal.write(ManualPage(version: version, date: CalendarDate(.now)).text)
        case .markdown: Terminal.write(CommandHelp.reference)
        }
    }
}
