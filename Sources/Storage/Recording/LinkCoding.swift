import Billing

/// The stored form of an object's links: `charge ch_1\ninvoice in_1`, because ids contain no white space.
enum LinkCoding {
    /// Equal sets give equal texts.
    static func encode(_ links: Set<ObjectReference>) -> String {
        links.sorted().map { "\($0.kind.rawValue) \($0.id)" }.joined(separator: "\n")
    }

    static func decode(_ text: String) -> Set<ObjectReference> {
        Set(
            text.split(separator: "\n").compactMap { line in
                guard let space = line.firstIndex(of: " "),
                    let kind = ObjectKind(rawValue: String(line[..<space]))
                else { return nil }
                return ObjectReference(kind, String(line[line.index(after: space)...]))
            }
        )
    }
}
