// Bulk loading: each statement reads $frame, a frame as crossaisle.graph.schema describes it.
COPY Product FROM $frame;
COPY Category FROM $frame;
COPY Attribute FROM $frame;
COPY Customer FROM $frame;
COPY Basket FROM $frame;
COPY IN_CATEGORY FROM $frame;
COPY PART_OF FROM $frame;
COPY HAS_ATTRIBUTE FROM $frame;
COPY BOUGHT FROM $frame;
COPY CONTAINS FROM $frame;
COPY BOUGHT_WITH FROM $frame;
