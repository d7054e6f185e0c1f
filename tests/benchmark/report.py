# SPDX-License-Identifier: MIT
"""The figures as text: ratios first, each with what it is to reach.

SPDX-License-Identifier: MIT
"""

# Of a worker, in KiB.
IDLE_TARGET, IN_HAND_TARGET = 1.2 * 1024, 4 * 1024
SIZE_TARGET = 0.95
# Of in flight / latency, until the machine's processors are that full; and of the whole pool, in KiB.
FLIGHT_TARGET, FULL, FLIGHT_MEMORY_TARGET = 0.9, 0.95, 32 * 1024


def verdict(good):
    return "yes" if good else "no"


def ratios(document):
    """What is compared, whether at least or at most, the target, median, least, greatest."""
    lines = [f"{'ratio':34}{'target':>10}{'median':>9}{'least':>8}{'most':>8}  reached"]

    def line(name, sign, target, value):
        wanted = f"{sign} {target:g}" if target is not None else ""
        reached = "" if target is None else verdict(
            value["median"] >= target if sign == ">=" else value["median"] <= target)
        lines.append(f"{name:34}{wanted:>10}{value['median']:9.2f}{value['least']:8.2f}{value['greatest']:8.2f}"
                     f"  {reached}".rstrip())

    for one in document.get("ratios", ()):
        line(one["name"], ">=", one["target"], one)
    latency = document.get("latency")
    if latency:
        for name, value in latency["p99 to insert floor's"].items():
            line(f"p99 at half of peak: {name} / insert", "<=", 1 if name == "post" else None, value)
    if "size" in document:
        line("10 million payments / 10,000", ">=", SIZE_TARGET, document["size"]["ratio"])
    return lines


def rates(document):
    lines = [f"{'64 connections':44}{'per second':>11}{'least':>8}{'most':>8}{'p50 ms':>8}{'p99 ms':>8}"
             f"{'processes':>11}"]
    for row in document["rates"]:
        lines.append(f"{row['label']:44}{row['median']:11.0f}{row['least']:8.0f}{row['greatest']:8.0f}{row['p50']:8.2f}"
                     f"{row['p99']:8.2f}{row['processes'] or 'default':>11}")
    return lines


def latency(document):
    found = document["latency"]
    lines = [f"{'at %.0f payments per second' % found['rate']:30}{'p50 ms':>9}{'p99 ms':>9}{'p99.9':>9}{'most':>9}"
             f"{'failed':>8}"]
    for name, row in found["rows"].items():
        lines.append(f"{name:30}{row['p50']:9.2f}{row['p99']:9.2f}{row['p999']:9.2f}{row['max']:9.2f}"
                     f"{row['failed']:8.0f}")
    for name, peak in found["left out"].items():
        lines.append(f"{name:30}its peak is {peak:.0f} per second")
    return lines


def alone(document):
    lines = [f"{'one client':30}{'p50 ms':>9}{'p99 ms':>9}"]
    lines += [f"{name:30}{row['p50']:9.2f}{row['p99']:9.2f}" for name, row in document["alone"].items()]
    return lines


def memory(document):
    found = document["memory"]
    idle, most = max(found["idle"]), max((size for _, size in found["in hand"]), default=0)
    lines = [
        "memory of a worker (PSS)",
        f"  after the load of this run: {', '.join(map(str, found['after the load']))} KiB",
        f"  new, after twenty payments: {', '.join(map(str, found['idle']))} KiB; at most {IDLE_TARGET:.0f}: {verdict(idle <= IDLE_TARGET)}",
        "  with requests in hand: " + ", ".join(f"{size} KiB with {count}" for count, size in found["in hand"])
        + f"; at most {IN_HAND_TARGET}: {verdict(most <= IN_HAND_TARGET)}",
        f"  at rest again: {', '.join(map(str, found['idle again']))} KiB",
    ]
    for done, sizes in found.get("over many", ()):
        lines.append(f"  after {done} payments: {', '.join(map(str, sizes))} KiB")
    return lines


def costs(document):
    lines = [f"{'a request costs':20}{'round trips':>12}{'commits':>9}{'fsyncs':>8}{'allocations':>12}"
             f"{'system calls':>13}{'of a group: requests':>22}{'round trips':>12}"]
    for name, row in document["costs"].items():
        one, calls = row["round trips"]["a request"], row["system calls"]
        total = f"{sum(calls.values()):.2f}" if calls else "no perf"
        lines.append(f"{name:20}{one['Questions']:12.3f}{one['Handler_commit']:9.3f}{one['Innodb_data_fsyncs']:8.3f}"
                     f"{row['allocations']:12.1f}{total:>13}{row['round trips']['requests a group']:22.2f}"
                     f"{row['round trips']['round trips a group']:12.2f}")
    for name, row in document["costs"].items():
        if row["system calls"]:
            lines.append(f"  {name}: " + ", ".join(
                f"{call} {number:.2f}" for call, number in row["system calls"].items()))
    return lines


def overload(document):
    found = document["overload"]
    lines = ["overload: a payment takes 20 ms in the database"]
    for name, value in found.items():
        text = "more than 30" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)
        lines.append(f"  {name:32}{text:>12}")
    return lines


def size(document):
    found = document["size"]
    lines = [f"POST with a key, buffer pool of {found['buffer pool']}"]
    for (name, value), payments in zip(found["rates"].items(), found["payments"]):
        lines.append(f"  {payments:>10} payments{value['median']:10.0f} per second, {value['least']:.0f} to "
                     f"{value['greatest']:.0f}")
    return lines


def lists(document):
    """Of each list and place: pages a second, their ratios, what the server reads for a page."""
    found = document["lists"]
    short, long = (f"{count:,}" for count in found["payments"])
    lines = [f"GET /v1/payments with {long} payments (long) and with {short} (short), buffer pool of "
             f"{found['buffer pool']}; ratios with least and most",
             f"{'list':27}{'page':>15}{'long/s':>8}{'short/s':>8}{'long / short':>19}{'page / front':>19}"
             f"{'rows read':>10}{'short':>6}"]

    def ratio(value):
        return f"{value['median']:.2f} ({value['least']:.2f}-{value['greatest']:.2f})" if value else "-"

    for row in found["pages"]:
        beside = row["short"]
        rate, read = (f"{beside['rate']['median']:.0f}", f"{beside['rows']:.0f}") if beside else ("-", "-")
        lines.append(f"{row['asked'] or 'all':27}{row['place']:>15}{row['rate']['median']:8.0f}{rate:>8}"
                     f"{ratio(row['long / short']):>19}{ratio(row['page / front']):>19}{row['rows']:10.0f}{read:>6}")
    return lines


def metrics(document):
    lines = [f"{'what the metrics cost':34}{'with':>10}{'without':>10}{'ratio':>8}{'least':>8}{'most':>8}"]
    for name, row in document["metrics"]["rows"].items():
        for what, title in (("rate", "per second"), ("time", "worker's time a request, us")):
            one = row[what]
            lines.append(f"{name + ', ' + title:34}{one['with']['median']:10.4g}{one['without']['median']:10.4g}"
                         f"{one['ratio']['median']:8.3f}{one['ratio']['least']:8.3f}{one['ratio']['greatest']:8.3f}")
    return lines


def webhooks(document):
    found = document["webhooks"]
    labels = {"post": "without events", "before-post": "with events", "insert": "insert floor"}
    lines = [f"{'POST /payments':40}{'median':>10}{'least':>10}{'most':>10}"]
    for name, rate in found["writing"]["rates"].items():
        lines.append(f"{labels[name] + ', a second':40}{rate['median']:10.0f}{rate['least']:10.0f}{rate['greatest']:10.0f}")
    for name, ratio in found["writing"]["ratios"].items():
        one, two = (labels[part] for part in name.split(" / "))
        lines.append(f"{one + ' / ' + two:40}{ratio['median']:10.2f}{ratio['least']:10.2f}{ratio['greatest']:10.2f}")
    lines.append(f"{'deliveries worked off':22}{'seconds':>10}{'a second':>10}{'kB at first':>13}{'at last':>10}{'at most':>10}")
    for row in found["working off"]:
        lines.append(f"{row['deliveries']:<22,}{row['seconds']:10.0f}{row['rate']:10.0f}{row['first quarter']:13.0f}"
                     f"{row['last quarter']:10.0f}{row['most']:10.0f}")
    return lines


def flight(document):
    found = document["flight"]
    enough = [one for one in found["levels"] if one["busy"] < FULL]
    most = max(found["levels"], key=lambda one: one["in flight"])
    lines = [f"payments whose processor takes {found['latency'] * 1000:.0f} ms",
             f"{'in flight':>11}{'per second':>12}{'of in flight / latency':>24}{'p50 ms':>9}{'p99 ms':>9}"
             f"{'machine busy':>14}{'pool, KiB (PSS)':>17}{'not made':>10}"]
    lines += [f"{one['in flight']:11}{one['per second']:12.0f}{one['of what is possible']:24.2f}{one['p50']:9.0f}"
              f"{one['p99']:9.0f}{one['busy']:14.0%}{one['memory']:17}{one['other answers']:10}"
              for one in found["levels"]]
    if enough:
        least = min(one["of what is possible"] for one in enough)
        lines.append(f"  least of what is possible while the machine is not full: {least:.2f}; at least "
                     f"{FLIGHT_TARGET}: {verdict(least >= FLIGHT_TARGET)}")
    else:
        lines.append("  the machine was full all the time: what would be possible was not measured")
    lines += [
        f"  memory with {most['in flight']} in flight: at most {FLIGHT_MEMORY_TARGET} KiB: "
        f"{verdict(most['memory'] <= FLIGHT_MEMORY_TARGET)}",
        f"  PHP-FPM with {found['php']['children']} children ({found['php']['memory']} KiB), "
        f"{found['php']['in flight']} clients: {found['php']['per second']:.0f} per second",
    ]
    for title, name in ((f"{found['beside in flight']} in flight", "beside"),
                        (f"{found['hanging']} at a processor that hangs", "beside one that hangs")):
        lines.append(f"  one client beside {title}, p50 ms: " + ", ".join(
            f"{kind} {one['beside']:.1f} (without {one['alone']:.1f})" for kind, one in found[name].items()))
    return lines


def environment(document):
    found = document["environment"]
    return [
        f"{found['cores']} cores ({found['processor']}), load {found['load']:.1f} before; MariaDB {found['mariadb']}, "
        f"flush at commit {found['innodb_flush_log_at_trx_commit']}, buffer pool "
        f"{int(found['innodb_buffer_pool_size']) >> 20} MiB" + "".join(f"; {one}" for one in found["versions"]),
        f"{document['settings']['rounds']} rounds of {document['settings']['seconds']:g} s a row, every second one "
        "backwards; medians of the rounds",
    ]


SECTIONS = (("rates", rates), ("latency", latency), ("alone", alone), ("memory", memory), ("costs", costs),
            ("size", size), ("overload", overload), ("flight", flight), ("lists", lists), ("metrics", metrics),
            ("webhooks", webhooks))


def text(document):
    blocks = [environment(document)] if "environment" in document else []
    found = ratios(document)
    if len(found) > 1:
        blocks.append(found)
    blocks += [write(document) for name, write in SECTIONS if name in document]
    return "\n\n".join("\n".join(block) for block in blocks)
