# Forecasts every series of a file with R's package forecast: seasonal naive, Theta and ETS.
#
#   Rscript forecast.R SERIES.tsv OUTPUT.tsv CORES
#
# SERIES.tsv has a line per series with its id, period, length of a season, horizon, history and future, tabs between them and commas
# between values, the form that `retnet forecast-eval` reads. Missing values of a history are interpolated by na.interp.
#
# OUTPUT.tsv gets a line per series and method: id, method, seconds of processor time, peak memory of the process in MB, and the
# forecast [horizon x 9], step by step: the quantiles 0.1 to 0.9, with the point forecast as 0.5.
suppressPackageStartupMessages(library(forecast))

levels <- c(20, 40, 60, 80)
methods <- list(
  snaive = function(y, h) snaive(y, h = h, level = levels),
  thetaf = function(y, h) thetaf(y, h = h, level = levels),
  ets = function(y, h) forecast(ets(y), h = h, level = levels)
)

peak_memory <- function() {
  status <- tryCatch(readLines("/proc/self/status"), error = function(e) "VmHWM: 0 kB")
  as.numeric(gsub("[^0-9]", "", grep("^VmHWM", status, value = TRUE))) / 1024
}

forecast_series <- function(columns) {
  horizon <- as.integer(columns[4])
  y <- ts(scan(text = columns[5], sep = ",", quiet = TRUE), frequency = as.integer(columns[3]))
  if (anyNA(y)) y <- na.interp(y)
  vapply(names(methods), function(method) {
    start <- proc.time()
    result <- methods[[method]](y, horizon)
    seconds <- sum((proc.time() - start)[c("user.self", "sys.self")])
    quantiles <- cbind(result$lower[, 4:1, drop = FALSE], as.numeric(result$mean), result$upper[, 1:4, drop = FALSE])
    paste(columns[1], method, format(seconds, digits = 6), format(peak_memory(), digits = 6),
          paste(format(t(quantiles), digits = 9, trim = TRUE), collapse = ","), sep = "\t")
  }, "")
}

arguments <- commandArgs(trailingOnly = TRUE)
lines <- strsplit(readLines(arguments[1]), "\t", fixed = TRUE)
results <- parallel::mclapply(lines, forecast_series, mc.cores = as.integer(arguments[3]), mc.preschedule = FALSE)
failed <- which(vapply(results, inherits, TRUE, "try-error"))
if (length(failed) > 0) stop(lines[[failed[1]]][1], ": ", results[[failed[1]]])
writeLines(unlist(results), arguments[2])
