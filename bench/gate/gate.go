// Package gate decides whether a release may go out: it holds the cells of a stored run against rules, and says for each rule and cell whether it
// passed, failed, or could not be decided. It needs no broker, and never passes on missing evidence.
//
// A rule is written as
//
//	rule     = check [ "for" scope ] ;
//	check    = figure operator bound
//	         | "cost(" figure ")" ( "<" | "<=" ) margin
//	         | figure order "baseline" ( "+" | "-" ) margin ;
//	operator = order | "==" ;
//	order    = "<" | "<=" | ">" | ">=" ;
//	margin   = number "%" | bound ;
//	bound    = duration | number [ "k" | "M" ] ;
//	scope    = pair { "," pair } ;
//	pair     = axis "=" value ;
//
// where figure is a name of bench/metric, axis and value are those of a run's flags (txn_size=100), duration is Go's (20ms), and number is decimal.
// "==" is for counts. A margin is a percentage, of lags, which are compared by difference, a bound. A rule without a scope concerns every cell that has
// the figure.
//
// The scope comes last, so that a line begins with what it is about and is no mapping in YAML, as "scope: rule" would be.
package gate
