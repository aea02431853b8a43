import ArgumentParser

/// `console-billing replay`: signs and posts event bodies from files.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Sign event bodies and post them, as Stripe would.",
        discussion: """
            Bodies are sent byte for byte as they lie in the file. Every attempt is reported, none is repeated.

            EXAMPLES
              console-billing replay testdata/scenarios --shuffle 7 --duplicate 2
              cat events.jsonl | console-billing replay - --concurrency 16 --format json

            EXIT CODES
              0 all were accepted, 1 some were not, 65 a file cannot be read, 69 nothing answers, 75 the service
              was busy throughout
            """
    )

    @Argument(
        help: "A .json file (one event), a .jsonl file (one a line), a folder, or - for standard input."
    )
    var paths: [String]

    @OptionGroup var delivery: DeliveryOptions

    @Option(help: "How many deliveries may be under way together.")
    var concurrency = 1

    @Option(help: "Deliveries a second, at most.")
    var rate: Double?

    @Option(help: "Send in an order that this number decides.")
    var shuffle: UInt64?

    @Option(help: "Send each event this often.")
    var duplicate = 1

    @Flag(help: "Give every event a new id. Its duplicates, and its bodies of other API versions, share it.")
    var freshIds = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard !paths.isEmpty else {
            throw ValidationError("Name a file or a folder, or - for standard input.")
        }
        try (1...1024).validate(concurrency, option: "--concurrency")
        try (1...100_000).validate(duplicate, option: "--duplicate")
        if let rate, !(rate > 0 && rate.isFinite) { throw ValidationError("--rate takes a number above 0.") }
    }

    func run() async throws {
        let files = try EventFiles(paths)
        if let remark = files.skippedRemark { Terminal.line(remark, to: .error) }
        guard !files.events.isEmpty else {
            throw CommandFailure(
                Sysexits.badData,
                "There is no event in \(paths.joined(separator: ", "))."
            )
        }
        var plan = SendPlan(
            try freshIds ? Self.renamed(files.events) : files.events,
            copies: duplicate,
            shuffleSeed: shuffle
        )
        plan.concurrency = concurrency
        plan.rate = rate
        let report = try await delivery.send(plan, format: output.chosen)
        if report.exitCode != .success { throw report.exitCode }
    }

    static func renamed(_ events: [EventBody]) throws -> [EventBody] {
        var names: [String: String] = [:]
        return try events.map { event in
            let name = names[event.id] ?? EventBody.freshID()
            names[event.id] = name
            guard let renamed = event.renamed(name) else {
                throw CommandFailure(
                    Sysexits.badData,
                    "The id of \(printable(event.id)) cannot be replaced in its body."
                )
            }
            return renamed
        }
    }
}
