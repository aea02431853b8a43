/// Tells a name that somebody got wrong from one that is another program's.
enum SettingNames {
    /// What to say of a name where there can be only ours: of a flag, or a key of the configuration file.
    ///
    /// A name that is none of ours may be a value that slipped, so that only what looks like a name is repeated.
    static func unknown(_ name: String) -> String {
        let looksLikeOne =
            name.utf8.count <= 32
            && name.utf8.allSatisfy {
                UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 || $0 == UInt8(ascii: "_")
                    || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
            }
        let nearest = Spelling.nearest(to: name, among: Setting.allCases.map(\.rawValue))
        return (looksLikeOne ? "there is no setting \(name)." : "there is a name that is no setting's.")
            + (nearest.map { " Did you mean \($0)?" } ?? "")
    }

    /// The variables, and their `…_FILE`, that are plainly meant to be ours and are not, with what to say of each.
    static func misspelt(in environment: [String: String]) -> [String] {
        environment.keys.sorted().compactMap { variable in
            meant(by: variable).map {
                "there is no variable \(variable). Did you mean \($0)? If it is another program's, start "
                    + "console-billing without it."
            }
        }
    }

    /// The variable of ours that another was plainly meant to be.
    ///
    /// An environment is shared with other programs, whose names are theirs: `HOSTS`, `API_KEY`, `DATABASE_URI` and
    /// `STRIPE_CLI_VERSION` are none of our business. So only names of ours are looked at that are long enough to be
    /// nobody else's, and only slips of the pen count, not other words: the same letters with other underscores or
    /// in lower case, or the same number of words of which long ones have a letter wrong or two, or the last a
    /// plural's `S` too many or too few. A figure is no slip: `STRIPE_WEBHOOK_SECRET2` is a second one's.
    static func meant(by variable: String) -> String? {
        let suffix = "_FILE"
        if let ours = setting(meantBy: variable) { return ours }
        guard variable.uppercased().hasSuffix(suffix) else { return nil }
        return setting(meantBy: String(variable.dropLast(suffix.count))).map { $0 + suffix }
    }

    private static func setting(meantBy name: String) -> String? {
        let known = Setting.allCases.map(\.rawValue)
        guard !known.contains(name), 10...64 ~= name.utf8.count else { return nil }
        // Whose `_FILE` is ours is ours.
        if name.hasSuffix("_FILE"), known.contains(String(name.dropLast(5))) { return nil }
        return known.first { isPlainlyMeant($0, by: name) }
    }

    /// Names that any program may have, however long they are.
    private static let common: Set<Setting> = [
        .host, .port, .publicURL, .databaseURL, .apiKeys, .logLevel, .logFormat,
    ]

    private static func isPlainlyMeant(_ ours: String, by name: String) -> Bool {
        guard ours.count >= 12, !(Setting(rawValue: ours).map(common.contains) ?? true) else { return false }
        let given = name.uppercased()
        func without(_ text: String) -> String { text.filter { $0 != "_" } }
        if without(given) == without(ours) { return true }
        guard given.filter(\.isNumber) == ours.filter(\.isNumber) else { return false }
        if given == ours + "S" || given + "S" == ours { return true }

        let words = zip(given.split(separator: "_"), ours.split(separator: "_")).filter { $0 != $1 }
        guard given.split(separator: "_").count == ours.split(separator: "_").count else { return false }
        var wrong = 0
        for (word, ourWord) in words {
            guard ourWord.count >= 5 else { return false }
            wrong += Spelling.slips(from: String(word), to: String(ourWord))
        }
        return wrong <= (ours.count >= 16 ? 2 : 1)
    }
}
