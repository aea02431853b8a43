import ArgumentParser
import StripeStandIn

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

@main
struct StripeStandInServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stripe-stand-in",
        abstract:
            "Answers the part of Stripe's API that console-billing uses. It is a stand-in and not Stripe.",
        discussion: """
            Faults are switched with POST /_stand-in/faults, for example \
            {"mode":"429","reason":"global-rate","times":3}. Modes: \(Fault.modes.joined(separator: ", ")).
            GET /_stand-in/requests tells what it was asked, and /_stand-in/emails what it would have sent.
            POST /_stand-in/objects takes an event or an object more, and /_stand-in/rate {"per_second":25} limits it.
            """
    )

    @Option(help: "The port on 127.0.0.1 to listen on; 0 takes a free one.")
    var port = 12111

    @Option(help: "The API key to accept.")
    var key = "sk_test_standin"

    @Option(
        parsing: .upToNextOption,
        help: "Event files, .jsonl files or folders to take events and objects from."
    )
    var load: [String] = []

    @Flag(help: "Take the loaded events for delivered, so that delivery_success=false does not list them.")
    var delivered = false

    @Option(
        help: "The unix time to start at instead of the real one; events over thirty days old are not listed."
    )
    var now: Int64?

    @Option(help: "How many requests a second to answer; more get 429.")
    var rate: Double?

    @Flag(help: "Make up a succeeded payment for any ch_, py_ or pi_ id it does not know.")
    var makeUp = false

    @Option(
        help: "Where links lead: 'own' for pages of its own, 'stripe', or a URL without a slash at its end."
    )
    var links = "own"

    func validate() throws {
        guard (0...65535).contains(port) else { throw ValidationError("--port is between 0 and 65535") }
        guard rate ?? 1 > 0 else { throw ValidationError("--rate is more than nothing") }
        guard now ?? 0 >= 0 else { throw ValidationError("--now is a time since 1970") }
        guard links == "own" || links == "stripe" || links.hasPrefix("http") else {
            throw ValidationError("--links is 'own', 'stripe' or a URL")
        }
    }

    func run() async throws {
        let links: StripeStandIn.Configuration.Links =
            switch links {
            case "own": .ownPages
            case "stripe": .stripe
            default: .base(self.links)
            }
        var configuration = StripeStandIn.Configuration(
            port: port,
            key: key,
            links: links,
            makesUpUnknown: makeUp,
            rate: rate.map { RequestRate(perSecond: $0) }
        )
        if let now {
            let realNow = configuration.now
            let ahead = now - realNow()
            configuration.now = { realNow() + ahead }
        }
        let standIn = try await StripeStandIn.start(configuration)
        print("This is a stand-in and not Stripe. No money moves and nothing is kept.")
        if !load.isEmpty {
            let report = try standIn.load(load, isDelivered: delivered)
            print("Loaded \(report.taken) events and objects, skipped \(report.skipped).")
        }
        print(standIn.baseURL)
        // A process that starts it through a pipe waits for that line.
        fflush(nil)
        try await standIn.untilStopped()
    }
}
