package import Storage

/// A kind of store, as the suite uses it.
///
/// A new store is one value of this type and one line that runs ``StoreConformance/cases``.
package struct StoreUnderTest: Sendable {
    package let name: String
    /// Makes a place that holds nothing yet: a fresh folder, a fresh database.
    package let makePlace: @Sendable () throws -> any StorePlace

    package init(_ name: String, makePlace: @escaping @Sendable () throws -> any StorePlace) {
        self.name = name
        self.makePlace = makePlace
    }
}

/// The location of a store's data, so that the store can be closed and opened again.
package protocol StorePlace: Sendable {
    /// Opens the store with all that was recorded here before.
    ///
    /// - Parameter projection: Which events become part of the feed, and what is fetched.
    /// - Returns: The store; the caller must close it.
    /// - Throws: What keeps it from opening.
    func open(_ projection: ProjectionPolicy) async throws -> any Store

    /// Leaves nothing behind.
    func remove()
}

extension StoreUnderTest {
    /// The plain one in memory, with which every other is compared.
    package static let inMemory = StoreUnderTest("in memory") { InMemoryPlace() }

    /// Opens a fresh store for as long as `body` runs.
    package func withStore<Result>(
        livemode: Bool? = nil,
        _ body: (any Store) async throws -> Result
    ) async throws -> Result {
        try await withPlace { try await $0.withStore(livemode: livemode, body) }
    }

    /// Makes a place for the duration of `body`, which must close every store that it opens.
    package func withPlace<Result>(_ body: (any StorePlace) async throws -> Result) async throws -> Result {
        let place = try makePlace()
        defer { place.remove() }
        return try await body(place)
    }
}

extension StorePlace {
    package func open(livemode: Bool?) async throws -> any Store {
        try await open(ProjectionPolicy(livemode: livemode))
    }

    /// Opens the store for as long as `body` runs.
    func withStore<Result>(
        livemode: Bool? = nil,
        _ body: (any Store) async throws -> Result
    ) async throws -> Result {
        let store = try await open(livemode: livemode)
        do {
            let result = try await body(store)
            await store.close()
            return result
        } catch {
            await store.close()
            throw error
        }
    }
}

private struct InMemoryPlace: StorePlace {
    private let disk = InMemoryStore.Disk()

    func open(_ projection: ProjectionPolicy) -> any Store {
        InMemoryStore(
            disk: disk,
            livemode: projection.livemode,
            asksForCustomers: projection.asksForCustomers
        )
    }

    func remove() {}
}
